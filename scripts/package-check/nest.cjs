// A Nest application with the CommonJS build. JavaScript has no decorators: they are called.
require('reflect-metadata');
const assert = require('node:assert/strict');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { Locks, memory } = require('rxlock');
const { currentLease, Locked, LocksHealthIndicator, LocksModule } = require('rxlock/nestjs');

class Jobs {
  async run() {
    return currentLease().name;
  }
}
const method = Object.getOwnPropertyDescriptor(Jobs.prototype, 'run');
Locked('job', '30s')(Jobs.prototype, 'run', method);
Object.defineProperty(Jobs.prototype, 'run', method);

class AppModule {}
const named = LocksModule.forRoot({ name: 'audit', backend: () => memory(), holder: 'audit' });
Module({ imports: [LocksModule.forRoot({ backend: () => memory() }), named], providers: [Jobs] })(AppModule);

async function main() {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  assert.equal(await app.get(Jobs).run(), 'job');
  assert.deepEqual(await app.get(LocksHealthIndicator).pingCheck('locks'), { locks: { status: 'up' } });
  const locks = app.get(Locks);
  await app.close();
  await assert.rejects(locks.acquire('job', '30s'), { code: 'ERR_LOCK_CLOSED' });
}

main().then(
  () => console.log('done'),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
