import type { Reporter, TestModule } from 'vitest/node';
import { formatTable, type FaultRow } from './table.js';

/** Prints one table of all fault rows, whatever files they are in, when the run is over. */
export class TableReporter implements Reporter {
  private readonly groups = new Map<string, FaultRow[]>();

  onTestModuleEnd({ children, relativeModuleId }: TestModule): void {
    for (const test of children.allTests()) {
      const { faultRow } = test.meta();
      if (faultRow === undefined) continue;
      const group = test.parent.type === 'suite' ? test.parent.fullName : relativeModuleId;
      const rows = this.groups.get(group);
      if (rows === undefined) this.groups.set(group, [faultRow]);
      else rows.push(faultRow);
    }
  }

  onTestRunEnd(): void {
    if (this.groups.size > 0) process.stdout.write(`${formatTable(this.groups)}\n`);
  }
}
