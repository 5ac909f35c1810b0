import 'reflect-metadata';
import { Module, type INestApplicationContext, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach } from 'vitest';

const started = new Set<INestApplicationContext>();

afterEach(async () => {
  const apps = [...started];
  started.clear();
  await Promise.all(apps.map((app) => app.close()));
});

/** Starts a Nest application of these modules and classes; it is closed after the test. */
export async function startApp(metadata: ModuleMetadata): Promise<INestApplicationContext> {
  @Module(metadata)
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  started.add(app);
  return app;
}
