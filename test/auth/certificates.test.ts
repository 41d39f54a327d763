import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { realClock } from '../../src/base/clock.ts';
import { CertificateAuthority, certificateServes, type KeyPair } from '../../src/auth/certificates.ts';
import { clientCertificateOf } from '../../src/auth/authn/client-certificate.ts';

describe('certificates', () => {
  const server = {
    commonName: 's',
    dnsNames: ['localhost'],
    ips: ['127.0.0.1', '::1'],
    usages: ['server' as const],
    days: 9,
  };
  const client = { commonName: 'jane', organizations: ['dev', 'ops'], usages: ['client' as const], days: 9 };
  let ca: CertificateAuthority;
  let serverPair: KeyPair;

  before(async () => {
    ca = await CertificateAuthority.create('test-ca', realClock);
    serverPair = await ca.issue(server);
  });

  /** Connects with a client certificate and returns what the server makes of it. */
  async function seenBy(pair: KeyPair | undefined) {
    const tls = createServer({
      key: serverPair.privateKey,
      cert: serverPair.certificate,
      ca: ca.certificate,
      requestCert: true,
      rejectUnauthorized: false,
    });
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    const secured = once(tls, 'secureConnection');
    const socket = connect({
      host: '127.0.0.1',
      port: (tls.address() as AddressInfo).port,
      ca: ca.certificate,
      ...(pair && { key: pair.privateKey, cert: pair.certificate }),
    });
    try {
      const [[connection]] = await Promise.all([secured as Promise<[TLSSocket]>, once(socket, 'secureConnect')]);
      return clientCertificateOf(connection);
    } finally {
      socket.destroy();
      tls.close();
    }
  }

  it('identify a client with all its organizations', async () => {
    const expected = { commonName: 'jane', organizations: ['dev', 'ops'] };
    expect(await seenBy(await ca.issue(client))).to.deep.equal(expected);
  });

  it('identify a client with one organization, and one with none', async () => {
    expect(await seenBy(await ca.issue({ ...client, organizations: ['dev'] }))).to.deep.include({
      organizations: ['dev'],
    });
    expect(await seenBy(await ca.issue({ ...client, organizations: [] }))).to.deep.include({ organizations: [] });
  });

  it('are not needed', async () => expect(await seenBy(undefined)).to.equal(undefined));

  it('of another authority, expired ones and those of servers are refused', async () => {
    const foreign = await (await CertificateAuthority.create('test-ca', realClock)).issue(client);
    for (const pair of [foreign, await ca.issue({ ...client, days: -1 }), serverPair]) {
      const error = await seenBy(pair).catch((e) => e);
      expect(error).to.include({ code: 401 });
    }
  });

  it('never outlive their authority', async () => {
    const short = await CertificateAuthority.create('short', realClock, 1);
    const { certificate } = await short.issue(client);
    expect(new X509Certificate(certificate).validTo).to.equal(new X509Certificate(short.certificate).validTo);
  });

  it('are signed by an authority that was stored and loaded again', async () => {
    const again = await CertificateAuthority.load(ca.export(), realClock);
    expect(ca.signed((await again.issue(client)).certificate)).to.equal(true);
    const other = await CertificateAuthority.create('other', realClock);
    const mixed = { certificate: ca.certificate, privateKey: other.export().privateKey };
    const error = await CertificateAuthority.load(mixed, realClock).catch((e) => e);
    expect(error.message).to.contain('does not belong');
  });

  const changes: [string, object, boolean][] = [
    ['the same', {}, true],
    ['fewer names', { dnsNames: [], ips: ['::1'] }, true],
    ['another name', { dnsNames: ['localhost', 'node-1'] }, false],
    ['another address', { ips: ['10.96.0.1'] }, false],
    ['another common name', { commonName: 't' }, false],
    ['a group', { organizations: ['dev'] }, false],
  ];
  for (const [what, change, serves] of changes) {
    it(`${serves ? 'serve' : 'do not serve'} ${what}`, () => {
      expect(certificateServes(serverPair.certificate, { ...server, ...change }, realClock, 1)).to.equal(serves);
    });
  }

  it('do not serve any more when they are about to expire', () => {
    expect(certificateServes(serverPair.certificate, server, realClock, 10)).to.equal(false);
  });
});
