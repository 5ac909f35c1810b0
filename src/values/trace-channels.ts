import type { TraceChannel } from './trace.js';

/** The channels of `rxlock:acquire` and so on. Each is undefined where there is no `node:diagnostics_channel`, in a browser say. */
export interface TraceChannels {
  readonly acquire: TraceChannel | undefined;
  readonly hold: TraceChannel | undefined;
  readonly renew: TraceChannel | undefined;
  readonly release: TraceChannel | undefined;
}

interface DiagnosticsChannel {
  tracingChannel?(name: string): TraceChannel;
}

let channels: TraceChannels | undefined;

/** Looked up once for the process: channels are known by their names. */
export function traceChannels(): TraceChannels {
  return (channels ??= makeChannels());
}

function makeChannels(): TraceChannels {
  const diagnostics = diagnosticsChannel();
  const channel = (name: string): TraceChannel | undefined => diagnostics?.tracingChannel?.(`rxlock:${name}`);
  return { acquire: channel('acquire'), hold: channel('hold'), renew: channel('renew'), release: channel('release') };
}

/** Not imported: what runs in a browser as well must not name a module of Node. */
function diagnosticsChannel(): DiagnosticsChannel | undefined {
  const { process } = globalThis as { readonly process?: Partial<Pick<NodeJS.Process, 'getBuiltinModule'>> };
  return process?.getBuiltinModule?.('node:diagnostics_channel');
}
