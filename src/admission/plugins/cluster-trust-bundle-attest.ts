import { clusterTrustBundle, type ClusterTrustBundle } from '../../api/certificates-v1beta1/cluster-trust-bundle.ts';
import { equalJson } from '../../apimachinery/json-value.ts';
import type { AdmissionPlugin } from '../plugin.ts';
import { refuse } from '../refusal.ts';
import { isAllowedForSigner } from '../signer-access.ts';

/** Who publishes the roots of a signer must be allowed to speak for it. */
export const clusterTrustBundleAttest: AdmissionPlugin = {
  name: 'ClusterTrustBundleAttest',
  operations: ['CREATE', 'UPDATE'],
  kinds: [clusterTrustBundle],
  async validate(request, context) {
    const bundle = request.object as ClusterTrustBundle;
    const signer = bundle.spec?.signerName;
    const old = request.oldObject as ClusterTrustBundle | undefined;
    if (!signer || (old && equalJson(old.spec, bundle.spec))) return;
    if (await isAllowedForSigner(request, context, 'attest', signer)) return;
    throw refuse(request, `user not permitted to attest for signerName ${JSON.stringify(signer)}`);
  },
};
