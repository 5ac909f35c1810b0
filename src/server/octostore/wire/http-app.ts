import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiError } from './api-error.js';
import type { Call, RawResponse, Route } from './call.js';
import { FastifyCall, REQUEST_ID } from './fastify-call.js';
import type { Origins } from '../../net/origins.js';
import { unreadable } from './unreadable.js';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'] as const;
/** A name may have any length that fits into a header: it is refused as a name, and not as a path. */
const MAX_PARAMETER = 16 * 1024;
const PREFLIGHT_SECONDS = 600;

/** How the routes are served. */
export interface HttpAppOptions {
  /** Bytes of a body. */
  readonly bodyLimit: number;
  readonly origins: Origins;
  /** Answers a request that was refused. */
  readonly refuse: (call: Call, error: ApiError) => void;
  /** Something went wrong that is nobody's fault but ours. */
  readonly onFailure: (error: unknown) => void;
  /** An answer is so large that its client may not have taken it at once. */
  readonly onLarge: (response: RawResponse) => void;
}

/** Makes what a route gets of what the library gives. */
type CallOf = (request: FastifyRequest, reply: FastifyReply) => Call;

/** What serves them. */
export interface HttpApp {
  /** For servers of `node:http` and `node:https`, which whoever made them listens with and closes. */
  readonly listener: (request: IncomingMessage, response: ServerResponse) => void;
  close(): Promise<void>;
}

/** Makes an application of routes. This is the only place that knows the HTTP library. */
export async function httpApp(routes: readonly Route[], options: HttpAppOptions): Promise<HttpApp> {
  const { bodyLimit, refuse, onLarge } = options;
  const callOf: CallOf = (request, reply) => new FastifyCall(request, reply, onLarge);
  const app: FastifyInstance = fastify({
    bodyLimit,
    routerOptions: { maxParamLength: MAX_PARAMETER },
    genReqId: () => `req_${randomUUID().replaceAll('-', '')}`,
    // Its own is never listened with.
    serverFactory: (handler) => createServer(handler),
    frameworkErrors: (_error, request, reply) => {
      refuse(callOf(request, reply), unreadable(400));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler((error, request, reply) => {
    refuse(callOf(request, reply), errorOf(error, options));
  });
  app.setNotFoundHandler((request, reply) => {
    refuse(callOf(request, reply), new ApiError('missing'));
  });
  await openToPages(app, options, callOf);
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => {
        route.handle(callOf(request, reply));
      },
    });
  }
  refuseOtherMethods(app, routes, options, callOf);
  await app.ready();
  return {
    listener: (request, response) => {
      app.routing(request, response);
    },
    close: () => app.close(),
  };
}

/** Lets pages of browsers in, those that may come. */
async function openToPages(app: FastifyInstance, { origins, refuse }: HttpAppOptions, callOf: CallOf): Promise<void> {
  const { list, isAny } = origins;
  if (list.length > 0) {
    await app.register(cors, {
      origin: isAny ? '*' : [...list],
      methods: [...METHODS],
      allowedHeaders: ['authorization', 'content-type'],
      exposedHeaders: ['retry-after', REQUEST_ID],
      maxAge: PREFLIGHT_SECONDS,
      strictPreflight: false,
      optionsSuccessStatus: 200,
    });
  } else {
    app.options('*', (request, reply) => {
      reply.header(REQUEST_ID, request.id).send();
    });
  }
  app.addHook('onRequest', (request, reply, done) => {
    const { origin, host } = request.headers;
    if (origins.allows(origin, host)) done();
    else {
      const what = origin === undefined ? 'host' : 'origin';
      refuse(callOf(request, reply), new ApiError('forbidden', `Forbidden: this ${what} is not allowed`));
    }
  });
}

/** A path that is there, but not for this method. */
function refuseOtherMethods(
  app: FastifyInstance,
  routes: readonly Route[],
  { refuse }: HttpAppOptions,
  callOf: CallOf,
): void {
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(',');
    app.route({
      method: METHODS.filter((method) => !methods.some((one) => one === method)),
      url: path,
      handler: (request, reply) => {
        reply.header('allow', allow);
        refuse(callOf(request, reply), unreadable(405));
      },
    });
  }
}

function errorOf(error: unknown, { onFailure }: HttpAppOptions): ApiError {
  if (error instanceof ApiError) return error;
  const status = (error as { readonly statusCode?: unknown }).statusCode;
  if (status === 413 || status === 415 || status === 431) return unreadable(status);
  if (typeof status === 'number' && status >= 400 && status < 500) return unreadable(400);
  onFailure(error);
  return new ApiError('internal');
}
