import { UsageError } from './usage-error.js';

/** By the option of `createLockServer` that an error is about: how the command says it. */
const FLAGS: Readonly<Record<string, string>> = {
  tokenFile: '--token-file',
  tokens: 'RXLOCK_TOKENS',
  tls: '--tls-cert and --tls-key',
  insecure: '--insecure',
  ephemeral: '--ephemeral',
  data: '--data',
  maxTtl: '--max-ttl',
  lockDelay: '--lock-delay',
  drain: '--drain',
  dflockd: '--dflockd',
  ws: '--ws',
  http: '--http',
  metrics: '--metrics',
  origins: '--origin',
  'limits.connections': '--max-connections',
  'limits.connectionsPerAddress': '--max-connections-per-address',
  'limits.locks': '--max-locks',
  'limits.waiters': '--max-waiters',
  'limits.places': '--max-places',
  'limits.watches': '--max-watches',
  'limits.operationsPerSecond': '--max-operations',
  'limits.frame': '--max-frame',
  'limits.bufferedPerClient': '--max-buffered-per-client',
  'limits.buffered': '--max-buffered',
  'limits.handshakeTime': '--handshake-time',
  'limits.headerTime': '--header-time',
  'limits.requestTime': '--request-time',
  'limits.stallTime': '--stall-time',
};

/** What is said of an error, in one line and in the words of the command. */
export function failureOf(error: unknown): { readonly message: string; readonly isUsage: boolean } {
  const { message, option, code } = error as Error & { readonly option?: unknown; readonly code?: unknown };
  if (error instanceof UsageError) return { message, isUsage: true };
  const flag = typeof option === 'string' ? FLAGS[option] : undefined;
  // What it is about stands at the beginning, and what else would do in brackets.
  const told = flag === undefined ? message : message.replace(new RegExp(`^${String(option)}\\b`), flag);
  const words = told.replaceAll(/\(option (?:tokenFile or tokens|tls)\), or (?:insecure\b)?/g, (words) =>
    words.includes('tls') ? '(--tls-cert and --tls-key), or --insecure' : '(--token-file, or RXLOCK_TOKENS), or ',
  );
  return {
    // The option is a list, and the flag one of them.
    message: words.replace('--origin are origins', '--origin is an origin,').replace(/\s*\n\s*/g, ' '),
    isUsage: code === 'ERR_LOCK_VALIDATION' || option === 'tokens' || option === 'insecure',
  };
}
