// The limit for a test that hangs, far above what one needs. Tests that bring machines up set their own.
jest.setTimeout(120_000);
