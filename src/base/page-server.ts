import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorMessage } from './log.ts';

/** As Prometheus reads metrics. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface Page {
  /** Default 200. */
  readonly status?: number;
  /** Default: plain text. */
  readonly type?: string;
  readonly body: string;
}

/** The page at a path; undefined where there is none. */
export type Pages = (path: string) => Page | undefined | Promise<Page | undefined>;

/**
 * A server of a few pages, such as health and metrics, which does not listen yet. Whatever is asked, however it is
 * written, is answered: strangers may ask.
 */
export function pageServer(pages: Pages): Server {
  return createServer((request, response) => void respond(request, response, pages));
}

async function respond(request: IncomingMessage, response: ServerResponse, pages: Pages): Promise<void> {
  const { status = 200, type = 'text/plain; charset=utf-8', body } = await pageOf(request.url ?? '/', pages);
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function pageOf(url: string, pages: Pages): Promise<Page> {
  try {
    return (await pages(url.split('?', 1)[0]!)) ?? { status: 404, body: 'not found\n' };
  } catch (error) {
    return { status: 500, body: `${errorMessage(error)}\n` };
  }
}
