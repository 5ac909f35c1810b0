/** A lease is believed in for this part of it, and so is an answer that confirms one: clocks may differ in rate by a quarter. */
export const SAFETY = 0.8;
