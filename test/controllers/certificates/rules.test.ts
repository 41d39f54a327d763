import { expect } from 'chai';
import type { CertificateSigningRequest } from '../../../src/api/certificates-v1/certificate-signing-request.ts';
import { formatTime } from '../../../src/apimachinery/time.ts';
import { grantsFor } from '../../../src/controllers/certificates/approving.ts';
import { endOf } from '../../../src/controllers/certificates/cleaner.ts';
import { refusal } from '../../../src/controllers/certificates/rules.ts';
import type { RequestedIdentity } from '../../../src/controllers/certificates/signer.ts';
import { validSeconds } from '../../../src/controllers/certificates/signing.ts';
import { metadata, now } from '../objects.ts';

const client = ['digital signature', 'key encipherment', 'client auth'];
const server = ['digital signature', 'key encipherment', 'server auth'];

type Names = Partial<RequestedIdentity['names']>;

function node(names: Names = {}, rest: Partial<RequestedIdentity> = {}): RequestedIdentity {
  const all = { dns: [], ip: [], email: [], url: [], ...names };
  return { commonName: 'system:node:n1', organizations: ['system:nodes'], names: all, ...rest };
}

describe('certificates: rules of signers', () => {
  const [api, kubelet, serving] = ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving'];
  const jane = node({}, { commonName: 'jane', organizations: [] });
  const cases: [string, RequestedIdentity, string[], string | undefined][] = [
    [api, jane, client, undefined],
    [api, jane, ['client auth'], undefined],
    [api, jane, server, 'invalid usage for client certificate: server auth'],
    [api, jane, ['digital signature'], 'missing required usage for client certificate: client auth'],
    [kubelet, node(), client, undefined],
    [kubelet, node(), ['client auth', 'digital signature'], undefined],
    [kubelet, node(), server, 'usages did not match [client auth digital signature key encipherment]'],
    [kubelet, node({ dns: ['a'] }), client, 'DNS subjectAltNames are not allowed'],
    [kubelet, node({ ip: ['a'] }), client, 'IP subjectAltNames are not allowed'],
    [kubelet, node({ email: ['a'] }), client, 'Email subjectAltNames are not allowed'],
    [kubelet, node({ url: ['a'] }), client, 'URI subjectAltNames are not allowed'],
    [kubelet, node({}, { organizations: ['system:nodes', 'x'] }), client, 'subject organization is not system:nodes'],
    [kubelet, node({}, { commonName: 'n1' }), client, 'subject common name does not begin with system:node:'],
    [serving, node({ dns: ['n1'] }), server, undefined],
    [serving, node({ ip: ['10.0.0.1'] }), ['server auth', 'digital signature'], undefined],
    [serving, node(), server, 'DNS or IP subjectAltName is required'],
    [serving, node({ dns: ['n1'], email: ['a'] }), server, 'Email subjectAltNames are not allowed'],
    [serving, node({ dns: ['n1'], url: ['a'] }), server, 'URI subjectAltNames are not allowed'],
    [serving, node({ dns: ['n1'] }), client, 'usages did not match [digital signature key encipherment server auth]'],
    [
      serving,
      node({ dns: ['n1'] }, { commonName: 'n1' }),
      server,
      'subject common name does not begin with system:node:',
    ],
    [serving, node({ dns: ['n1'] }, { organizations: [] }), server, 'subject organization is not system:nodes'],
    ['legacy-unknown', jane, ['any'], undefined],
  ];
  for (const [signer, identity, usages, expected] of cases) {
    it(`${signer}: ${expected ?? 'signs'}`, () =>
      expect(refusal(`kubernetes.io/${signer}`, identity, usages)).to.equal(expected));
  }

  for (const [asked, seconds] of [
    [undefined, 31_536_000],
    [1, 600],
    [7200, 7200],
    [99_999_999, 31_536_000],
  ] as const) {
    it(`asked for ${asked} s, a certificate is valid for ${seconds} s`, () =>
      expect(validSeconds(asked)).to.equal(seconds));
  }

  it('lets a node ask for itself, and others only if they may for any', () => {
    const request = (username: string) =>
      ({ metadata: metadata('r'), spec: { username, usages: client } }) as unknown as CertificateSigningRequest;
    const subresources = (username: string, identity = node()) =>
      grantsFor(request(username), identity).map(({ subresource }) => subresource);
    expect(subresources('system:node:n1')).to.deep.equal(['selfnodeclient', 'nodeclient']);
    expect(subresources('system:node:n2')).to.deep.equal(['nodeclient']);
    expect(subresources('system:node:n1', node({ dns: ['a'] }))).to.deep.equal([]);
  });
});

describe('certificates: how long requests stay', () => {
  const hour = 3600_000;
  const condition = (type: string) => ({ type, status: 'True', lastUpdateTime: formatTime(now + hour) });
  const cases: [string, object, number | undefined][] = [
    ['a day when nobody decides', {}, 24],
    ['an hour when denied', { conditions: [condition('Denied')] }, 2],
    ['an hour when failed', { conditions: [condition('Approved'), condition('Failed')] }, 2],
    ['an hour when issued', { conditions: [condition('Approved')], certificate: 'AAAA' }, 2],
    ['a day when approved and never issued', { conditions: [condition('Approved')] }, 25],
    ['for ever in an unknown state', { conditions: [condition('Odd')] }, undefined],
  ];
  for (const [name, status, hours] of cases) {
    it(name, () => {
      const request = { metadata: metadata('r'), status } as unknown as CertificateSigningRequest;
      expect(endOf(request)).to.equal(hours === undefined ? undefined : now + hours * hour);
    });
  }
});
