/** A backend that answers at once: what a proxy adds is measured against it. It prints its port. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = 'hello '.repeat(20);
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)]).end(body);
});
server.listen(0, process.argv[2], () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
