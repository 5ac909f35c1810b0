import { nodeModule } from './node-module.js';
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
  const diagnostics = nodeModule('node:diagnostics_channel') as DiagnosticsChannel | undefined;
  const channel = (name: string): TraceChannel | undefined => diagnostics?.tracingChannel?.(`rxlock:${name}`);
  return { acquire: channel('acquire'), hold: channel('hold'), renew: channel('renew'), release: channel('release') };
}
