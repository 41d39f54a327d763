import type { Server } from 'node:http';
import { METRICS_TYPE, pageServer, type Page } from '../../base/page-server.ts';

export interface StatusPage {
  readonly metrics: () => string;
  /** Undefined when it can answer; else why it cannot. */
  readonly unready: () => string | undefined;
}

/** Serves `/metrics`, `/health` (it runs) and `/ready` (it knows the cluster). @throws Error when the port is taken */
export async function listenStatus(page: StatusPage, { host, port }: { host: string; port: number }): Promise<Server> {
  const server = pageServer((path) => pageAt(path, page));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}

function pageAt(path: string, { metrics, unready }: StatusPage): Page | undefined {
  if (path === '/metrics') return { type: METRICS_TYPE, body: metrics() };
  if (path === '/health') return { body: 'OK' };
  if (path !== '/ready') return undefined;
  const why = unready();
  return why === undefined ? { body: 'OK' } : { status: 503, body: why };
}
