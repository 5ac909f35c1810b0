import { invalid } from '../../../values/invalid.js';
import { show } from '../../../values/show.js';

/** How locks are asked for, and believed in. Times are in milliseconds. */
export interface Settings {
  /** By which part of a duration clocks may differ in rate: a lock is believed in for so much less. 0.01 by default. */
  readonly driftFactor: number;
  /** How often is tried again what failed; -1: without an end. 10 by default. */
  readonly retryCount: number;
  /** The pause before it is tried again. 200 by default. */
  readonly retryDelay: number;
  /** The most that is added to a pause by chance. 100 by default. */
  readonly retryJitter: number;
  /** `using` extends a lock when it has so long left. 500 by default. */
  readonly automaticExtensionThreshold: number;
}

/** Of {@link Settings}. */
export const DEFAULT_SETTINGS: Settings = {
  driftFactor: 0.01,
  retryCount: 10,
  retryDelay: 200,
  retryJitter: 100,
  automaticExtensionThreshold: 500,
};

/** The least of each, and what it must be less than. */
const RANGES: Readonly<Record<keyof Settings, readonly [min: number, below: number]>> = {
  driftFactor: [0, 1],
  retryCount: [-1, Infinity],
  retryDelay: [0, Infinity],
  retryJitter: [0, Infinity],
  automaticExtensionThreshold: [0, Infinity],
};

/**
 * Puts what is given over what holds so far.
 *
 * @throws LockValidationError naming the setting. What has another name is ignored, as it always was.
 */
export function withSettings(settings: Settings, given: Partial<Settings> | null | undefined): Settings {
  const merged: Record<keyof Settings, number> = { ...settings };
  for (const option of Object.keys(RANGES) as (keyof Settings)[]) {
    const value = given?.[option];
    if (value !== undefined) merged[option] = checked(value, option);
  }
  return merged;
}

function checked(value: number, option: keyof Settings): number {
  const [min, below] = RANGES[option];
  if (typeof value === 'number' && value >= min && value < below) return value;
  const limit = below === Infinity ? '' : ` and less than ${String(below)}`;
  throw invalid(option, `${show(value)} is not a number of at least ${String(min)}${limit}`);
}
