import { expect } from 'chai';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Pki } from '../../src/cluster/pki.ts';

describe('Pki', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'cox-pki-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('keeps keys readable by their owner only', async () => {
    const pki = await Pki.open({ directory: join(directory, 'pki'), clock: new VirtualClock() });
    await Promise.all([pki.credentials('apiserver'), pki.credentials('etcd/server')]);
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    expect(entries.length).to.be.greaterThan(8);
    for (const entry of entries) {
      const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
      expect(mode, entry.name).to.equal(entry.isDirectory() ? 0o700 : 0o600);
    }
  });

  it('finds everything again', async () => {
    const clock = new VirtualClock();
    const first = await Pki.open({ directory, clock });
    const second = await Pki.open({ directory, clock });
    expect(await second.credentials('admin')).to.deep.equal(await first.credentials('admin'));
    expect(second.caCertificate).to.equal(first.caCertificate);
    expect(second.serviceAccountKeys.signing).to.equal(first.serviceAccountKeys.signing);
  });

  it('names every host of the API server, and makes its certificate anew when there is one more', async () => {
    const clock = new VirtualClock();
    const first = await (await Pki.open({ directory, clock, apiServerHosts: ['0.0.0.0'] })).credentials('apiserver');
    const parsed = new X509Certificate(first.certificate);
    for (const name of ['localhost', 'kubernetes', 'kubernetes.default.svc.cluster.local']) {
      expect(parsed.checkHost(name), name).to.equal(name);
    }
    for (const ip of ['127.0.0.1', '::1', '10.96.0.1']) expect(parsed.checkIP(ip), ip).to.equal(ip);
    const second = await (await Pki.open({ directory, clock, apiServerHosts: ['192.0.2.7'] })).credentials('apiserver');
    expect(second.certificate).not.to.equal(first.certificate);
    expect(new X509Certificate(second.certificate).checkIP('192.0.2.7')).to.equal('192.0.2.7');
  });

  it('renews what nears its end', async () => {
    const clock = new VirtualClock();
    const pki = await Pki.open({ directory, clock });
    const before = await pki.credentials('scheduler');
    expect(await pki.renew()).to.deep.equal([]);
    await clock.advance(280 * 24 * 3600_000);
    expect(await pki.renew()).to.deep.equal(['scheduler']);
    const after = await pki.credentials('scheduler');
    expect(after.certificate).not.to.equal(before.certificate);
    const { certificate } = await pki.files('scheduler');
    expect(readFileSync(certificate, 'utf8')).to.equal(after.certificate);
  });

  it('gives etcd an authority of its own', async () => {
    const pki = await Pki.open({ directory, clock: new VirtualClock() });
    const { certificate } = await pki.credentials('etcd/client');
    expect(pki.ca.signed(certificate)).to.equal(false);
    const { ca } = await pki.files('etcd/server');
    expect(readFileSync(ca, 'utf8')).not.to.equal(pki.caCertificate);
  });

  it('keeps former token keys when a new one is made', async () => {
    const clock = new VirtualClock();
    const pki = await Pki.open({ directory, clock });
    pki.rotateServiceAccountKey();
    const keys = pki.rotateServiceAccountKey();
    expect(keys.accepted).to.have.length(2);
    expect((await Pki.open({ directory, clock })).serviceAccountKeys).to.deep.equal(keys);
  });

  it('keeps one token for the administrator', async () => {
    const clock = new VirtualClock();
    const { token } = (await Pki.open({ directory, clock })).adminToken();
    expect(token).to.have.length(43);
    expect((await Pki.open({ directory, clock })).adminToken().token).to.equal(token);
    expect((await Pki.open({ clock })).adminToken().token).not.to.equal(token);
  });

  it('says which file is missing', async () => {
    await Pki.open({ directory, clock: new VirtualClock() });
    rmSync(join(directory, 'ca.key'));
    const error = await Pki.open({ directory, clock: new VirtualClock() }).catch((e) => e);
    expect(error.message).to.equal(`${directory}/ca.key is missing; put it back, or remove ${directory}/ca.crt too`);
  });

  it('works without any file', async () => {
    const pki = await Pki.open({ clock: new VirtualClock(), nodeName: 'n1' });
    const { certificate } = await pki.credentials('kubelet');
    expect(new X509Certificate(certificate).subject).to.contain('CN=system:node:n1').and.to.contain('O=system:nodes');
  });
});
