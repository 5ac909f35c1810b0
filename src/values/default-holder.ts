/** `host:pid:random`, as far as the platform tells. Shown to others who wait. */
export function defaultHolder(random: () => number): string {
  const unique = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return `browser:${unique}`;
  return `${process.getBuiltinModule('node:os').hostname()}:${String(process.pid)}:${unique}`;
}
