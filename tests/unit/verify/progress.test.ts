import { Progress } from "../../../verify/progress";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 30, written, write: (text: string) => written.push(text) };
}

const waiting = new Map([
  ["leases", "no kube-scheduler\nleads"],
  ["etcd", "etcd on controller-1 does not answer"],
]);

test("a terminal shows after a while what is waited for, in lines that it does not wrap, and takes it away", () => {
  const screen = terminal(true);
  const progress = new Progress(screen);
  progress.show(waiting);
  progress.clear();
  expect(screen.written).toEqual([]);

  jest.advanceTimersByTime(4_000);
  progress.show(waiting);
  expect(screen.written.join("")).toBe(
    "waiting, 4 s so far:\n  leases: no kube-scheduler l\n  etcd: etcd on controller-1 \n",
  );
  screen.written.length = 0;
  progress.show(new Map([["leases", "soon"]]));
  expect(screen.written).toEqual(["\x1b[3A\x1b[0J", "waiting, 4 s so far:\n  leases: soon\n"]);
  progress.clear();
  progress.clear();
  expect(screen.written.slice(2)).toEqual(["\x1b[2A\x1b[0J"]);
});

test("a file gets nothing of it", () => {
  const file = terminal(false);
  const progress = new Progress(file);
  jest.advanceTimersByTime(10_000);
  progress.show(waiting);
  progress.clear();
  expect(file.written).toEqual([]);
});
