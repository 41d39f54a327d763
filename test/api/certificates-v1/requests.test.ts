import { expect } from 'chai';
import { certificateSigningRequest as request } from '../../../src/api/certificates-v1/certificate-signing-request.ts';
import { isCertificateRequest, pemBlocks } from '../../../src/api/certificates-v1/pem.ts';
import { clusterTrustBundle } from '../../../src/api/certificates-v1beta1/cluster-trust-bundle.ts';
import { podCertificateRequest } from '../../../src/api/certificates-v1beta1/pod-certificate-request.ts';
import { CertificateAuthority } from '../../../src/auth/certificates.ts';
import { VirtualClock } from '../../../src/base/virtual-clock.ts';
import { created, createErrors, NOW, object, statusErrors } from '../kind-cases.ts';

/** As short as one can be: a sequence of what is asked, an algorithm and a signature, all empty. */
const DER = Buffer.from([0x30, 7, 0x30, 0, 0x30, 0, 3, 1, 0]);
const pem = (type: string, bytes: Buffer) =>
  `-----BEGIN ${type}-----\n${bytes.toString('base64')}\n-----END ${type}-----\n`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const spec = {
  signerName: 'kubernetes.io/kube-apiserver-client',
  usages: ['client auth'],
  request: base64(pem('CERTIFICATE REQUEST', DER)),
};
const approved = { type: 'Approved', status: 'True' };

describe('the rules of signing requests', () => {
  const cases: [what: string, more: object, ...errors: (string | RegExp)[]][] = [
    ['nothing wrong', {}],
    [
      'another block',
      { request: base64(pem('CERTIFICATE', DER)) },
      /^spec.request: .*: PEM block type must be CERTIFICATE REQUEST$/,
    ],
    [
      'a block of something else',
      { request: base64(pem('CERTIFICATE REQUEST', Buffer.from('hello'))) },
      /^spec.request: .*asn1/,
    ],
    [
      'bad usages',
      { usages: ['fun', 'client auth', 'client auth'] },
      /^spec.usages\[0\]: Unsupported value: "fun"/,
      'spec.usages[2]: Duplicate value: "client auth"',
    ],
    ['no usages', { usages: [] }, 'spec.usages: Required value'],
    [
      'a name without a path',
      { signerName: 'a.io' },
      'spec.signerName: Invalid value: "a.io": must be a fully qualified domain and path of the form "example.com/signer-name"',
    ],
    [
      'a name without a domain',
      { signerName: 'a/b' },
      'spec.signerName: Invalid value: "a": should be a domain with at least two segments separated by dots',
    ],
    ['the legacy signer', { signerName: 'kubernetes.io/legacy-unknown' }, /not allowed via this API version$/],
    ['a short time', { expirationSeconds: 60 }, /600 seconds/],
  ];
  for (const [what, more, ...errors] of cases) {
    it(`know of ${what}`, () => {
      const found = createErrors(request, { spec: { ...spec, ...more } });
      expect(found).to.have.length(errors.length);
      errors.forEach((e, i) => (typeof e === 'string' ? expect(found[i]).to.equal(e) : expect(found[i]).to.match(e)));
    });
  }

  it('record who asks', () => {
    const made = object(request, { spec: { ...spec, username: 'root', groups: ['system:masters'] } });
    const caller = { username: 'ann', uid: 'u', groups: ['g'], extra: { k: ['v'] } };
    request.prepareForCreate!(made, { now: NOW, user: 'ann', caller });
    expect(made.spec).to.deep.equal({ ...spec, username: 'ann', uid: 'u', groups: ['g'], extra: { k: ['v'] } });
  });
});

describe('the status of a signing request', () => {
  const errors = (before: object, after: object, lens = 'status') =>
    statusErrors(request, before, after, { spec }, lens);
  let certificate = '';
  before(async () => {
    const authority = await CertificateAuthority.create('ca', new VirtualClock(NOW));
    certificate = base64(authority.certificate);
  });

  it('takes a certificate once', () => {
    expect(errors({}, { certificate })).to.deep.equal([]);
    expect(errors({ certificate }, { certificate: base64('other') })).to.deep.equal([
      'status.certificate: Forbidden: updates may not modify existing certificate content',
    ]);
    expect(errors({}, { certificate: base64('text') })[0]).to.match(/at least one CERTIFICATE PEM block$/);
  });

  it('keeps decisions, which are true and exclude each other', () => {
    expect(errors({ conditions: [approved] }, {}, 'approval')).to.deep.equal([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
    const conditions = [
      { ...approved, status: 'False' },
      { type: 'Denied', status: 'True' },
    ];
    expect(errors({}, { conditions }, 'approval')).to.deep.equal([
      'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
      'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    ]);
  });

  it('does not approve, and an approval changes nothing else', () => {
    const failed = { type: 'Failed', status: 'True' };
    expect(errors({}, { conditions: [approved, failed] })).to.deep.equal([
      'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
    ]);
    expect(errors({ conditions: [approved] }, { conditions: [failed] })).to.deep.equal([
      'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
    ]);
    const old = created(request, { spec });
    const approval = request.subresources.find((s) => s.name === 'approval')!;
    const sent = { metadata: { annotations: { a: 'b' } }, status: { certificate: 'x', conditions: [approved] } };
    const after: any = approval.set!(old, sent);
    request.prepareForUpdate!(after, old, { now: NOW, user: 'a', subresource: 'approval' });
    expect(after.status).to.deep.equal({
      conditions: [{ ...approved, lastUpdateTime: '2026-01-01T00:10:00Z', lastTransitionTime: '2026-01-01T00:10:00Z' }],
    });
    expect(after.metadata.annotations).to.deep.equal({ a: 'b' });
  });

  it('keeps the order of its conditions, and the decision as it was', () => {
    const decided = { ...created(request, { spec }), status: { conditions: [approved] } };
    const [before, later] = [
      { type: 'A', status: 'True' },
      { type: 'Z', status: 'False' },
    ];
    const status = { conditions: [before, { ...approved, reason: 'Mine', message: 'now' }, later] };
    const now: any = { ...structuredClone(decided), status };
    request.prepareForUpdate!(now, decided, { now: NOW, user: 'a', subresource: 'status' });
    expect(now.status.conditions.map((c: any) => [c.type, c.reason])).to.deep.equal([
      ['A', undefined],
      ['Approved', undefined],
      ['Z', undefined],
    ]);
  });

  it('of trust bundles there is none: a bundle is certificates of authorities, each once', () => {
    const text = Buffer.from(certificate, 'base64').toString();
    const bundle = (name: string, trustBundle: string, signerName?: string) =>
      createErrors(clusterTrustBundle, { metadata: { name }, spec: { trustBundle, signerName } });
    expect(bundle('a', text)).to.deep.equal([]);
    expect(bundle('a.io:b:c', text, 'a.io/b')).to.deep.equal([]);
    expect(bundle('c', text, 'a.io/b')[0]).to.match(/must be named with prefix a.io:b:$/);
    expect(bundle('a', text + text)[0]).to.match(/duplicate trust anchor \(indices \[0 1\]\)$/);
    expect(bundle('a', pem('KEY', DER))[0]).to.match(/entry 0 has bad block type: KEY$/);
    expect(bundle('a', '')).to.deep.equal(['spec.trustBundle: Required value']);
  });
});

describe('the rules of certificate requests of pods', () => {
  const pod = {
    signerName: 'a.io/b',
    podName: 'p',
    podUID: 'u',
    serviceAccountName: 's',
    serviceAccountUID: 'u',
    nodeName: 'n',
    nodeUID: 'u',
    stubPKCS10Request: DER.toString('base64'),
  };
  const issued = { type: 'Issued', status: 'True', reason: 'Ok', lastTransitionTime: '2026-01-01T00:00:00Z' };

  it('know what is missing', () => {
    expect(createErrors(podCertificateRequest, { spec: pod })).to.deep.equal([]);
    expect(
      createErrors(podCertificateRequest, {
        spec: { ...pod, podUID: '', stubPKCS10Request: 'aGk=', maxExpirationSeconds: 5 },
      }),
    ).to.deep.equal([
      'spec.podUID: Required value',
      'spec.maxExpirationSeconds: Invalid value: 5: must be in the range [3600, 7862400]',
      'spec.stubPKCS10Request: Invalid value: "aGk=": must be a DER-serialized PKCS#10 certificate signing request',
    ]);
  });

  it('let it end once', () => {
    expect(statusErrors(podCertificateRequest, {}, { conditions: [issued] }, { spec: pod })[0]).to.equal(
      'status.certificateChain: Required value',
    );
    const denied = [{ ...issued, type: 'Denied' }];
    expect(statusErrors(podCertificateRequest, {}, { conditions: denied }, { spec: pod })).to.deep.equal([]);
    expect(statusErrors(podCertificateRequest, { conditions: denied }, {}, { spec: pod })).to.deep.equal([
      'status: Forbidden: may not change once the request is issued, denied or failed',
    ]);
  });
});

describe('PEM', () => {
  it('is read block by block', () => {
    const { blocks, between } = pemBlocks(`x\n${pem('A', DER)}${pem('B', DER)}`);
    expect([blocks.map((b) => b.type), between]).to.deep.equal([['A', 'B'], 'x']);
    expect(blocks[0]!.bytes.equals(DER)).to.equal(true);
  });

  it('holds a request only if all lengths fit', () => {
    expect(isCertificateRequest(DER)).to.equal(true);
    for (let length = 0; length < DER.length; length++)
      expect(isCertificateRequest(DER.subarray(0, length))).to.equal(false);
  });
});
