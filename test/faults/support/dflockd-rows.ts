import type { DflockdSettings } from '../../support/dflockd-instance.js';
import { describeWithDflockds } from '../../support/dflockd-server.js';
import { DflockdStage } from './dflockd-stage.js';
import { declareRows, type DeclareRow, type RowOptions } from './rows.js';

/** What a row may need. */
export interface DflockdRowOptions extends RowOptions {
  readonly server?: DflockdSettings;
}

/** Rows of the table of faults, on the project's own dflockd server, and on the real one where there is one. */
export function dflockdRows(group: string, declare: (row: DeclareRow<DflockdStage, DflockdRowOptions>) => void): void {
  // Each row stops its own server: others of the same file run meanwhile.
  describeWithDflockds(group, (_start, kind) => {
    declareRows((options) => DflockdStage.open(kind, options?.server), declare);
  });
}
