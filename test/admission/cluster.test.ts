import { expect } from 'chai';
import { certificateApproval } from '../../src/admission/plugins/certificate-approval.ts';
import { certificateSigning } from '../../src/admission/plugins/certificate-signing.ts';
import { certificateSubjectRestriction } from '../../src/admission/plugins/certificate-subject-restriction.ts';
import { clusterTrustBundleAttest } from '../../src/admission/plugins/cluster-trust-bundle-attest.ts';
import { defaultIngressClass } from '../../src/admission/plugins/default-ingress-class.ts';
import { defaultStorageClass } from '../../src/admission/plugins/default-storage-class.ts';
import { namespaceLifecycle } from '../../src/admission/plugins/namespace-lifecycle.ts';
import { persistentVolumeClaimResize } from '../../src/admission/plugins/persistent-volume-claim-resize.ts';
import { storageObjectInUseProtection } from '../../src/admission/plugins/storage-object-in-use-protection.ts';
import { taintNodesByCondition } from '../../src/admission/plugins/taint-nodes-by-condition.ts';
import { certificateSigningRequest } from '../../src/api/certificates-v1/certificate-signing-request.ts';
import { clusterTrustBundle } from '../../src/api/certificates-v1beta1/cluster-trust-bundle.ts';
import { configMap } from '../../src/api/core-v1/config-map.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { persistentVolumeClaim } from '../../src/api/core-v1/persistent-volume-claim.ts';
import { persistentVolume } from '../../src/api/core-v1/persistent-volume.ts';
import { localSubjectAccessReview } from '../../src/api/authorization-v1/local-subject-access-review.ts';
import { ingressClass } from '../../src/api/networking-v1/ingress-class.ts';
import { ingress } from '../../src/api/networking-v1/ingress.ts';
import { storageClass } from '../../src/api/storage-v1/storage-class.ts';
import { isApiError, type ApiError } from '../../src/apimachinery/api-error.ts';
import { admitted, anUpdate, aRequest, Objects, refusal } from './requests.ts';

describe('admission: NamespaceLifecycle', () => {
  const going = { metadata: { name: 'default', deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const errorOf = (run: Promise<unknown>): Promise<ApiError> =>
    run.then(
      () => expect.fail('was admitted'),
      (e) => e,
    );

  for (const name of ['default', 'kube-system', 'kube-public']) {
    it(`keeps the namespace ${name}`, async () => {
      const request = aRequest(namespace, undefined, { operation: 'DELETE', name });
      expect(await refusal(namespaceLifecycle(), request)).to.equal(
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      );
    });
  }

  it('lets other namespaces go, and everything in a namespace that goes', async () => {
    await admitted(
      namespaceLifecycle(),
      aRequest(namespace, undefined, { operation: 'DELETE', name: 'kube-node-lease' }),
    );
    const context = new Objects().with(namespace, going);
    await admitted(namespaceLifecycle(), aRequest(configMap, undefined, { operation: 'DELETE' }), context);
    await admitted(namespaceLifecycle(), anUpdate(configMap, {}, {}), context);
    await admitted(namespaceLifecycle(), aRequest(localSubjectAccessReview, {}), context);
  });

  it('refuses anything new in a namespace that goes, with the cause', async () => {
    const context = new Objects().with(namespace, going);
    const error = await errorOf(admitted(namespaceLifecycle(), aRequest(configMap, {}), context));
    expect(error.message).to.equal(
      'configmaps "a" is forbidden: unable to create new content in namespace default because it is being terminated',
    );
    expect(error.details?.causes).to.deep.equal([
      {
        reason: 'NamespaceTerminating',
        message: 'namespace default is being terminated',
        field: 'metadata.namespace',
      },
    ]);
    const token = aRequest(configMap, {}, { subresource: 'token' });
    expect(await refusal(namespaceLifecycle(), token, context)).to.contain('being terminated');
  });

  it('knows no namespace that does not exist', async () => {
    for (const request of [aRequest(configMap, {}), anUpdate(configMap, {}, {})]) {
      const error = await errorOf(admitted(namespaceLifecycle(), request, new Objects()));
      expect(isApiError(error, 'NotFound')).to.equal(true);
      expect(error.message).to.equal('namespaces "default" not found');
    }
  });

  it('does not trust the cache with a namespace that was just deleted', async () => {
    class Behind extends Objects {
      override get = async (_kind: unknown, _name: unknown, fresh?: boolean) =>
        (fresh ? going : { metadata: { name: 'default' } }) as any;
    }
    const [plugin, context] = [namespaceLifecycle(), new Behind()];
    await admitted(plugin, aRequest(configMap, {}, { namespace: 'short' }), context);
    await admitted(plugin, aRequest(namespace, undefined, { operation: 'DELETE', name: 'short' }), context);
    const late = aRequest(configMap, {}, { namespace: 'short' });
    expect(await refusal(plugin, late, context)).to.contain('being terminated');
    await context.clock.advance(30_000);
    await admitted(plugin, aRequest(configMap, {}, { namespace: 'short' }), context);
  });
});

describe('admission: TaintNodesByCondition', () => {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

  it('marks new nodes as not ready, once', async () => {
    expect((await admitted(taintNodesByCondition, aRequest(node, {}))).spec.taints).to.deep.equal([taint]);
    const own = [{ key: 'a', effect: 'NoExecute' }, taint];
    const made = await admitted(taintNodesByCondition, aRequest(node, { spec: { taints: own } }));
    expect(made.spec.taints).to.deep.equal(own);
    expect(await admitted(taintNodesByCondition, anUpdate(node, {}, {}))).not.to.have.property('spec');
  });
});

describe('admission: storage', () => {
  it('protects claims and volumes that may be in use', async () => {
    const finalizersOf = async (kind: typeof persistentVolume | typeof persistentVolumeClaim, metadata = {}) =>
      (await admitted(storageObjectInUseProtection, aRequest(kind, { metadata }))).metadata.finalizers;
    expect(await finalizersOf(persistentVolumeClaim)).to.deep.equal(['kubernetes.io/pvc-protection']);
    expect(await finalizersOf(persistentVolume)).to.deep.equal(['kubernetes.io/pv-protection']);
    const finalizers = ['kubernetes.io/pvc-protection', 'x/y'];
    expect(await finalizersOf(persistentVolumeClaim, { finalizers })).to.deep.equal(finalizers);
  });

  const marked = (name: string, creationTimestamp: string, value = 'true') => ({
    metadata: { name, creationTimestamp, annotations: { 'storageclass.kubernetes.io/is-default-class': value } },
  });
  const classes = new Objects().with(
    storageClass,
    marked('old', '2026-01-01T00:00:00Z'),
    marked('b', '2026-01-02T00:00:00Z'),
    marked('a', '2026-01-02T00:00:00Z'),
    marked('no', '2026-01-03T00:00:00Z', 'false'),
  );
  const claimed: [what: string, claim: object, expected: string | undefined][] = [
    ['nothing', { spec: {} }, 'a'],
    ['a class', { spec: { storageClassName: 'mine' } }, 'mine'],
    ['that it wants none', { spec: { storageClassName: '' } }, ''],
    [
      'a class as of old',
      { metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } }, spec: {} },
      undefined,
    ],
  ];
  for (const [what, claim, expected] of claimed) {
    it(`a claim that says ${what} gets the storage class ${expected ?? 'none'}`, async () => {
      const made = await admitted(defaultStorageClass, aRequest(persistentVolumeClaim, claim), classes);
      expect(made.spec.storageClassName).to.equal(expected);
    });
  }

  it('leaves claims without a class when none is the default', async () => {
    const none = new Objects().with(storageClass, { metadata: { name: 'x' } });
    expect(
      (await admitted(defaultStorageClass, aRequest(persistentVolumeClaim, { spec: {} }), none)).spec,
    ).to.deep.equal({});
  });

  const sized = (storage: string, phase = 'Bound', storageClassName = 'grows') => ({
    spec: { storageClassName, resources: { requests: { storage } } },
    status: { phase },
  });
  const grows = new Objects().with(
    storageClass,
    { metadata: { name: 'grows' }, allowVolumeExpansion: true },
    { metadata: { name: 'stays' } },
  );
  const resize = (now: object, old: object) => anUpdate(persistentVolumeClaim, now, old);
  const only =
    'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
  const resizes: [what: string, now: object, old: object, why: string][] = [
    [
      'unbound claims',
      sized('2Gi', 'Pending'),
      sized('1Gi', 'Pending'),
      'Only bound persistent volume claims can be expanded',
    ],
    ['claims of a class that cannot', sized('2Gi', 'Bound', 'stays'), sized('1Gi', 'Bound', 'stays'), only],
    ['claims of no class', sized('2Gi', 'Bound', ''), sized('1Gi', 'Bound', ''), only],
    ['claims that change their class', sized('2Gi'), sized('1Gi', 'Bound', 'stays'), only],
  ];
  for (const [what, now, old, why] of resizes) {
    it(`does not let ${what} grow`, async () => {
      const message = await refusal(persistentVolumeClaimResize, resize(now, old), grows);
      expect(message).to.equal(`persistentvolumeclaims "a" is forbidden: ${why}`);
    });
  }

  it('lets claims grow whose class allows it, and everything that does not grow', async () => {
    await admitted(persistentVolumeClaimResize, resize(sized('2Gi'), sized('1Gi')), grows);
    await admitted(persistentVolumeClaimResize, resize(sized('1024Mi', 'Pending'), sized('1Gi', 'Pending')), grows);
  });
});

describe('admission: DefaultIngressClass', () => {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' };
  const classes = new Objects().with(
    ingressClass,
    { metadata: { name: 'main', annotations } },
    { metadata: { name: 'x' } },
  );

  it('gives an ingress the default class unless it has one', async () => {
    const classOf = async (object: object) =>
      (await admitted(defaultIngressClass, aRequest(ingress, object), classes)).spec.ingressClassName;
    expect(await classOf({ spec: {} })).to.equal('main');
    expect(await classOf({ spec: { ingressClassName: 'x' } })).to.equal('x');
    const old = { metadata: { annotations: { 'kubernetes.io/ingress.class': 'y' } }, spec: {} };
    expect(await classOf(old)).to.equal(undefined);
  });
});

describe('admission: certificates', () => {
  const csr = (more: object = {}) => ({ spec: { signerName: 'example.com/one', ...more } });
  const conditions = [{ type: 'Approved', status: 'True' }];
  const decided = { ...csr(), status: { conditions } };

  const cases = [
    {
      verb: 'approve',
      plugin: certificateApproval,
      request: () => anUpdate(certificateSigningRequest, decided, csr(), 'approval'),
    },
    {
      verb: 'sign',
      plugin: certificateSigning,
      request: () => anUpdate(certificateSigningRequest, decided, csr(), 'status'),
    },
  ];
  for (const { verb, plugin, request } of cases) {
    it(`asks whether the caller may ${verb} for the signer, or for its domain`, async () => {
      const objects = new Objects();
      expect(await refusal(plugin, request(), objects)).to.equal(
        `certificatesigningrequests.certificates.k8s.io "a" is forbidden: user not permitted to ${verb} requests with signerName "example.com/one"`,
      );
      expect(objects.asked).to.deep.equal(
        ['example.com/one', 'example.com/*'].map((name) => `${verb} certificates.k8s.io/signers/${name}`),
      );
      objects.allows = (_, asked, name) => asked === verb && name === 'example.com/*';
      await admitted(plugin, request(), objects);
    });
  }

  it('asks nothing when neither certificate nor conditions change', async () => {
    const objects = new Objects();
    await admitted(certificateSigning, anUpdate(certificateSigningRequest, decided, decided, 'status'), objects);
    await admitted(certificateApproval, anUpdate(certificateSigningRequest, decided, csr()), objects);
    expect(objects.asked).to.deep.equal([]);
  });

  it('asks whether who publishes roots may attest for their signer', async () => {
    const bundle = (signerName?: string) => ({ spec: { signerName, trustBundle: 'x' } });
    const made = aRequest(clusterTrustBundle, bundle('example.com/one'));
    expect(await refusal(clusterTrustBundleAttest, made)).to.contain(
      'user not permitted to attest for signerName "example.com/one"',
    );
    await admitted(clusterTrustBundleAttest, aRequest(clusterTrustBundle, bundle()));
    const one = bundle('example.com/one');
    await admitted(
      clusterTrustBundleAttest,
      anUpdate(clusterTrustBundle, { ...one, metadata: { labels: { a: 'b' } } }, one),
    );
  });

  /** Made with `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj <subject>`. */
  const requests = {
    masters:
      'MIHiMIGIAgEAMCYxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQswCQYDVQQDDAJtZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOmKN4iKoX3SBW5MDio4KNHdzrG9w44HAR349lPa7hJKFdLNw+i4u/8l1cHc97ADvkTpymNKr9BlGSuR43C5ikagADAKBggqhkjOPQQDAgNJADBGAiEA6AZO/oQdvSh5gq91JheweIOGCacxRto9gMQkt/utfT8CIQDJEch0MKAzQExcJmDRDzwDxC7EjPu0s5yHYdJmYKQgjA==',
    others:
      'MIHUMH0CAQAwGzEMMAoGA1UECgwDZGV2MQswCQYDVQQDDAJtZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBLlMJ00xQa4zkT1ME9QKVgKi8AnqpyDkQ8HtmaQ51JLz572WykyLGhq6EJZ4DyziUiqZFP43fOOjAyi1KDV8yCgADAKBggqhkjOPQQDAgNHADBEAiBwnoV3wq/N1eGMAwB2KcO0lDSOup9oiw3hTi6lBDwF/AIgBGOp0PTPHMGxfxDgA0tJfkiFixl9WSFl5IFaOmKetdI=',
  };
  const asks = (request: string, signerName = 'kubernetes.io/kube-apiserver-client') =>
    aRequest(certificateSigningRequest, { spec: { signerName, request: Buffer.from(request).toString('base64') } });
  const pem = (der: string) => `-----BEGIN CERTIFICATE REQUEST-----\n${der}\n-----END CERTIFICATE REQUEST-----\n`;

  it('lets nobody become an administrator by a certificate', async () => {
    expect(await refusal(certificateSubjectRestriction, asks(pem(requests.masters)))).to.contain(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
    await admitted(certificateSubjectRestriction, asks(pem(requests.others)));
    await admitted(certificateSubjectRestriction, asks(pem(requests.masters), 'example.com/one'));
    expect(await refusal(certificateSubjectRestriction, asks('nonsense'))).to.contain('failed to parse CSR: ');
  });
});
