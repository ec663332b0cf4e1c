const Sequencer = require("@jest/test-sequencer").default;

/** End-to-end tests look at one stack, one after the other: up first, down last, by their names. */
module.exports = class ByName extends Sequencer {
  sort(tests) {
    return [...tests].sort((a, b) => a.path.localeCompare(b.path));
  }
};
