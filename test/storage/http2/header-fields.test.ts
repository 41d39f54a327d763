import { expect } from 'chai';
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import {
  flag,
  frame,
  FrameReader,
  frameType,
  preface,
  setting,
  settingsFrame,
} from '../../../src/storage/http2/frames.ts';
import { decodeFields, encodeFields } from '../../../src/storage/http2/header-fields.ts';
import { huffmanDecoded } from '../../../src/storage/http2/huffman.ts';

/** The block of fields with which Node's server answers, which has HPACK from elsewhere. */
async function blockFromNode(fields: Record<string, string>, sent: [string, string][] = []): Promise<[Buffer, object]> {
  const server = createServer();
  const heard = Promise.withResolvers<object>();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    heard.resolve(headers);
    stream.respond({ ':status': 200, ...fields });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const block = new Promise<Buffer>((resolve) => {
    const reader = new FrameReader((type, _flags, _id, content) => {
      if (type === frameType.headers) resolve(Buffer.from(content));
    });
    socket.on('data', (piece: Buffer) => reader.take(piece));
  });
  const base: [string, string][] = [
    [':method', 'GET'] as [string, string],
    [':scheme', 'http'] as [string, string],
    [':path', '/'] as [string, string],
    [':authority', 'localhost'] as [string, string],
    ...sent,
  ];
  const request = frame(frameType.headers, flag.endHeaders | flag.endStream, 1, encodeFields(base));
  socket.write(Buffer.concat([preface, settingsFrame([[setting.headerTableSize, 0]]), request]));
  const result: [Buffer, object] = [await block, await heard.promise];
  socket.destroy();
  server.close();
  return result;
}

/** What a block says, but for the date that Node puts into every answer. */
function told(block: Buffer): Record<string, string> {
  const { date: _, ...fields } = Object.fromEntries(decodeFields(block));
  return fields;
}

describe('header fields of HTTP/2', () => {
  it('reads what another implementation wrote, of every byte that a field can hold', async () => {
    const all = Array.from({ length: 256 }, (_, i) => i).filter((code) => (code >= 32 && code !== 127) || code === 9);
    const fields: Record<string, string> = {};
    // Among many short codes a long one is still worth coding.
    for (const code of all) fields[`x-${code}`] = `${'a'.repeat(40)}${String.fromCharCode(code)}${'o'.repeat(40)}`;
    const [block] = await blockFromNode(fields);
    expect(told(block)).to.deep.equal({ ':status': '200', ...fields });
  });

  it('reads fields that have numbers', async () => {
    const fields = { 'content-type': 'application/grpc', via: 'x', 'accept-charset': 'y', 'grpc-status': '0' };
    const [block] = await blockFromNode(fields);
    expect(told(block)).to.deep.equal({ ':status': '200', ...fields });
  });

  it('writes what another implementation reads, however long', async () => {
    const sent = [0, 1, 126, 127, 128, 254, 255, 256, 400, 9000].map((n): [string, string] => [
      `x-${n}`,
      'v'.repeat(n),
    ]);
    const [, headers] = await blockFromNode({}, sent);
    for (const [name, value] of sent) expect((headers as Record<string, string>)[name], name).to.equal(value);
  });

  it('refuses what is no block', () => {
    const bad = {
      'a number that is not known': [0xfe],
      'no field at all': [0x80],
      'half a name': [0x00, 0x05, 0x61],
      'no value': [0x00, 0x01, 0x61],
      'an endless number': [0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
    };
    for (const [what, bytes] of Object.entries(bad)) expect(() => decodeFields(Buffer.from(bytes)), what).to.throw();
    expect(() => huffmanDecoded(Buffer.from([0xff, 0xff, 0xff, 0xff])), 'the end of a string').to.throw();
    expect(() => huffmanDecoded(Buffer.from([0x00])), 'half a code that is no padding').to.throw();
  });
});
