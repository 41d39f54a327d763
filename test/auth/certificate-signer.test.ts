import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { ExtendedKeyUsageExtension, X509Certificate as Parsed } from '@peculiar/x509';
import { expect } from 'chai';
import { CertificateSigner } from '../../src/auth/certificate-signer.ts';
import { CertificateAuthority } from '../../src/auth/certificates.ts';
import { realClock } from '../../src/base/clock.ts';
import { certificateRequest, ec, rsa } from './certificate-request.ts';

const terms = { usages: ['digital signature', 'client auth'], seconds: 3600 };

const request = (algorithm: typeof rsa | typeof ec = ec): Promise<string> =>
  certificateRequest(
    { O: 'system:nodes', CN: 'system:node:n1' },
    [
      { type: 'dns', value: 'n1.example.com' },
      { type: 'ip', value: '10.0.0.1' },
      { type: 'email', value: 'me@example.com' },
      { type: 'url', value: 'spiffe://example.com/n1' },
    ],
    algorithm,
  );

describe('certificate signer', () => {
  let authority: CertificateAuthority;
  let signer: CertificateSigner;
  before(async () => {
    authority = await CertificateAuthority.create('ca', realClock, 10);
    signer = new CertificateSigner(authority);
  });

  it('reads for whom a request is', async () => {
    expect(signer.identityOf(await request())).to.deep.equal({
      commonName: 'system:node:n1',
      organizations: ['system:nodes'],
      names: {
        dns: ['n1.example.com'],
        ip: ['10.0.0.1'],
        email: ['me@example.com'],
        url: ['spiffe://example.com/n1'],
      },
    });
    expect(() => signer.identityOf('nonsense')).to.throw();
  });

  for (const algorithm of [ec, rsa]) {
    it(`signs a request with a key of ${algorithm.name}`, async () => {
      const pem = await signer.sign(await request(algorithm), terms);
      const certificate = new X509Certificate(pem);
      expect(authority.signed(pem)).to.equal(true);
      expect(certificate.ca).to.equal(false);
      expect(certificate.subject).to.equal('O=system:nodes\nCN=system:node:n1');
      expect(certificate.subjectAltName).to.include('DNS:n1.example.com').and.to.include('IP Address:10.0.0.1');
      expect(certificate.subjectAltName).to.include('email:me@example.com').and.to.include('spiffe://example.com/n1');
      expect(Date.parse(certificate.validTo) - Date.now()).to.be.within(3500_000, 3700_000);
      const usages = new Parsed(pem).getExtension(ExtendedKeyUsageExtension)!.usages;
      expect(usages).to.deep.equal(['1.3.6.1.5.5.7.3.2']);
    });
  }

  it('signs nothing beyond its own end', async () => {
    const pem = await signer.sign(await request(), { ...terms, seconds: 365 * 86_400 });
    expect(new X509Certificate(pem).validTo).to.equal(new X509Certificate(authority.certificate).validTo);
  });

  it('refuses what its sender has not signed', async () => {
    const der = Buffer.from((await request()).replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    der[der.indexOf('system:node:n1') + 13] = '2'.charCodeAt(0);
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(signer.identityOf(forged).commonName).to.equal('system:node:n2');
    const error = await signer.sign(forged, terms).catch((e: Error) => e);
    expect(error).to.be.an('error').with.property('message', 'unable to verify certificate request signature');
  });

  it('refuses usages that it does not know', async () => {
    const error = await signer.sign(await request(), { ...terms, usages: ['__proto__'] }).catch((e: Error) => e);
    expect(error).to.be.an('error').with.property('message', 'unrecognized usage "__proto__"');
  });
});
