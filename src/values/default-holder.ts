import { nodeModule } from './node-module.js';

/** `host:pid:random`, as far as the platform tells. Shown to others who wait. */
export function defaultHolder(random: () => number): string {
  const unique = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  const os = nodeModule('node:os') as { hostname(): string } | undefined;
  return os === undefined ? `browser:${unique}` : `${os.hostname()}:${String(process.pid)}:${unique}`;
}
