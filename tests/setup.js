// A bound for a test that hangs, not a measure: tests that bring machines up set their own.
jest.setTimeout(120_000);
