/** When a lease is renewed first, as a part of what was confirmed; two attempts may fail after that. */
export const RENEW_RATIO = 1 / 3;
/** For which part of it a lease is believed in: clocks may differ in rate by a quarter. */
export const SAFETY_FACTOR = 0.8;
