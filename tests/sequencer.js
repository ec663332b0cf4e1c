const Sequencer = require("@jest/test-sequencer").default;

/** End-to-end tests share one stack, so they run in the order of their file names: up first, down last. */
module.exports = class ByName extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => a.path.localeCompare(b.path));
  }
};
