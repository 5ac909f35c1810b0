/** Says what is being measured: a line that goes away on a terminal, else a line. Gives what ends it. */
export function progress(text) {
  const { stderr } = process;
  if (!stderr.isTTY) {
    stderr.write(`${text}\n`);
    return () => {};
  }
  const began = performance.now();
  const show = () => {
    const line = `${text} … ${Math.round((performance.now() - began) / 1000)} s`;
    stderr.write(`\r\x1b[K${line.slice(0, stderr.columns - 1)}`);
  };
  show();
  const timer = setInterval(show, 1000);
  return () => {
    clearInterval(timer);
    stderr.write('\r\x1b[K');
  };
}
