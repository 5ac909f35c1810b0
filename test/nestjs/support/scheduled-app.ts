// An application with a job in each second, on the dflockd server of the port that is its argument. Says what happens, a line each.
import 'reflect-metadata';
import { once } from 'node:events';
import { argv, stdin } from 'node:process';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { dflockd } from '../../../src/backends/dflockd/dflockd.js';
import { currentLease } from '../../../src/nestjs/current-lease.js';
import { Locked } from '../../../src/nestjs/locked.js';
import { LocksModule } from '../../../src/nestjs/locks-module.js';

const say = (line: string): void => console.log(line);

@Injectable()
class Jobs {
  @Cron('* * * * * *')
  @Locked('above', '5s', { skipIfHeld: true, minHold: '5m' })
  above(): void {
    say('ran above');
  }

  @Locked('below', '5s', { skipIfHeld: true, minHold: '5m' })
  @Cron('* * * * * *')
  async below(): Promise<void> {
    await Promise.resolve();
    say('ran below');
  }

  @Cron('* * * * * *')
  tick(): void {
    say('tick');
  }

  /** Works until it is told to finish. */
  @Locked('long', '5s', { skipIfHeld: true })
  @Cron('* * * * * *')
  async long(): Promise<void> {
    say('working');
    await once(stdin, 'data');
    say(currentLease().isHeld ? 'finished under its lock' : 'finished without it');
  }
}

@Module({
  imports: [
    ScheduleModule.forRoot(),
    LocksModule.forRoot({ backend: dflockd({ port: Number(argv[2]) }), drain: '1m' }),
  ],
  providers: [Jobs],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
app.enableShutdownHooks();
