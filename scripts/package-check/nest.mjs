// The same with the ESM build.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Locks, memory } from 'rxlock';
import { Locked, LocksModule } from 'rxlock/nestjs';
import { firstValueFrom, of } from 'rxjs';

class Jobs {
  all$() {
    return of('ran');
  }
}
const method = Object.getOwnPropertyDescriptor(Jobs.prototype, 'all$');
Locked('job', '30s', { returns: 'observable' })(Jobs.prototype, 'all$', method);
Object.defineProperty(Jobs.prototype, 'all$', method);

class AppModule {}
const locksModule = LocksModule.forRootAsync({ useFactory: async () => ({ backend: memory() }) });
Module({ imports: [locksModule], providers: [Jobs] })(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
assert.equal(await firstValueFrom(app.get(Jobs).all$()), 'ran');
const locks = app.get(Locks);
await app.close();
await assert.rejects(locks.acquire('job', '30s'), { code: 'ERR_LOCK_CLOSED' });
console.log('done');
