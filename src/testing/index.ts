export type { AssertLike, Assertions, ExpectLike } from './assertions.js';
export { createLocksIn, type CreateLocksIn, type MarbleContext } from './create-locks-in.js';
export { eventValues, type EventValues } from './event-values.js';
export { fakeLease, type FakeLease, type FakeLeaseOptions } from './fake-lease.js';
export { lockEvent, type ExpectedEvent, type ExpectedFields } from './lock-event.js';
export { marbles, marblesFor, type Marbles } from './marbles.js';
export { marblesConfiguration, type MarblesConfiguration } from './marbles-configuration.js';
export type { Overridden, Scenario, ScriptedBackend, ScriptedCall, ScriptedFeatures } from './scripted/scenario.js';
export { SCRIPT_SYMBOLS, type Script, type ScriptKind, type ScriptsByName } from './scripted/script.js';
export { scripted } from './scripted/scripted.js';
export { EVENT_SYMBOLS, toMarbles, type EventSymbol } from './to-marbles.js';
export { virtualTime, type MarbleHelpers } from './virtual-time.js';
export { ConformanceError } from './conformance/check.js';
export {
  conformanceCases,
  describeBackend,
  type ConformanceCase,
  type ConformanceOptions,
  type DescribeBackendOptions,
} from './describe-backend.js';
export type { ConformanceFactory, ConformanceService } from './conformance/service.js';
