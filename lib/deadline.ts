/**
 * Calls `late` after some milliseconds, unless the function that it returns is called before. What has arrived by then is read first:
 * on a busy computer, an answer may have waited for this process, and not the process for the answer.
 */
export function deadline(ms: number, late: () => void): () => void {
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (reading = setImmediate(late)), ms);
  return () => {
    clearTimeout(timer);
    clearImmediate(reading);
  };
}
