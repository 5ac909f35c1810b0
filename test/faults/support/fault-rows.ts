import { describeWithOctoStores } from '../../support/octostore-server.js';
import { declareRows, type DeclareRow } from './rows.js';
import { Stage } from './stage.js';

/** Rows of the table of faults, on real OctoStore servers. */
export function faultRows(group: string, declare: (row: DeclareRow<Stage>) => void): void {
  describeWithOctoStores(group, (start) => {
    declareRows(() => Stage.open(start), declare);
  });
}
