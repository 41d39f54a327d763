import { expect } from 'chai';
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageServer } from '../../src/base/page-server.ts';

describe('a server of pages', () => {
  let server: Server;

  before(async () => {
    server = pageServer(async (path) => {
      if (path === '/broken') throw new Error('out of order');
      return path === '/here' ? { type: 'application/json', body: '{}' } : undefined;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  after(() => server.close());

  function ask(path: string, method = 'GET'): Promise<[status: number, type: string, body: string]> {
    return new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const call = request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => (body += chunk));
        response.on('end', () => resolve([response.statusCode!, String(response.headers['content-type']), body]));
      });
      call.on('error', reject);
      call.end();
    });
  }

  const text = 'text/plain; charset=utf-8';
  for (const [method, path, ...answer] of [
    ['GET', '/here', 200, 'application/json', '{}'],
    ['GET', '/here?verbose', 200, 'application/json', '{}'],
    ['HEAD', '/here', 200, 'application/json', ''],
    ['GET', '/there', 404, text, 'not found\n'],
    ['GET', '//', 404, text, 'not found\n'],
    ['GET', 'http://[/', 404, text, 'not found\n'],
    ['GET', '/broken', 500, text, 'out of order\n'],
  ] as const) {
    it(`answers ${method} ${path}`, async () => expect(await ask(path, method)).to.deep.equal(answer));
  }
});
