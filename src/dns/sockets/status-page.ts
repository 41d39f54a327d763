import { createServer, type Server } from 'node:http';

export interface StatusPage {
  readonly metrics: () => string;
  /** Undefined when it can answer; else why it cannot. */
  readonly unready: () => string | undefined;
}

/** Serves `/metrics`, `/health` (it runs) and `/ready` (it knows the cluster). @throws Error when the port is taken */
export async function listenStatus(page: StatusPage, { host, port }: { host: string; port: number }): Promise<Server> {
  const server = createServer((request, response) => {
    const { code, text, type = 'text/plain; charset=utf-8' } = answerTo(request.url ?? '', page);
    response.writeHead(code, { 'content-type': type });
    response.end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}

function answerTo(url: string, { metrics, unready }: StatusPage): { code: number; text: string; type?: string } {
  const path = url.split('?')[0];
  if (path === '/metrics') return { code: 200, text: metrics(), type: 'text/plain; version=0.0.4; charset=utf-8' };
  if (path === '/health') return { code: 200, text: 'OK' };
  if (path !== '/ready') return { code: 404, text: 'not found' };
  const why = unready();
  return why === undefined ? { code: 200, text: 'OK' } : { code: 503, text: why };
}
