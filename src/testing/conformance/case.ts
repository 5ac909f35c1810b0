import type { Bench } from './bench.js';

/** Something that a backend must do. */
export interface Case {
  readonly title: string;
  /** Takes several ttls. */
  readonly slow?: boolean;
  run(bench: Bench): Promise<void>;
}

/** Cases about one thing. */
export interface CaseGroup {
  readonly title: string;
  readonly cases: readonly Case[];
}
