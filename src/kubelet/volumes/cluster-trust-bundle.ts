import type { V1ClusterTrustBundleProjection } from '@kubernetes/client-node';
import { selectorFromObject } from '../../apimachinery/label-selector.ts';
import type { Plain } from '../../apimachinery/object.ts';
import { clusterTrustBundle, type ClusterTrustBundle } from '../../api/certificates-v1beta1/cluster-trust-bundle.ts';
import type { Client } from '../../client/client.ts';
import type { VolumeFile } from './atomic-writer.ts';

type Projection = Plain<V1ClusterTrustBundleProjection>;

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The certificates of one trust bundle, or of all that a signer's selector names: each once, in an order that says nothing.
 * (KEP-3257)
 * @throws Error when there is none and that is not optional
 */
export async function trustBundleFile(client: Client, source: Projection, mode: number): Promise<VolumeFile> {
  const bundles = source.name ? await named(client, source.name) : await selected(client, source);
  if (bundles.length === 0 && !source.optional) throw new Error(missing(source));
  return { content: Buffer.from(certificatesOf(bundles)), mode };
}

async function named(client: Client, name: string): Promise<ClusterTrustBundle[]> {
  const found = await client.find(clusterTrustBundle, { name });
  return found ? [found] : [];
}

/** No selector selects nothing, an empty one all of the signer. */
async function selected(client: Client, { signerName, labelSelector }: Projection): Promise<ClusterTrustBundle[]> {
  if (!labelSelector) return [];
  const { items } = await client.list(clusterTrustBundle, { fieldSelector: `spec.signerName=${signerName ?? ''}` });
  const selector = selectorFromObject(labelSelector);
  return items.filter((bundle) => selector.matches(bundle.metadata.labels));
}

/** All certificates, each once, sorted by their text. */
export function certificatesOf(bundles: readonly ClusterTrustBundle[]): string {
  const found = bundles.flatMap((bundle) => bundle.spec?.trustBundle?.match(block) ?? []);
  return [...new Set(found.map((one) => one.trim()))]
    .sort()
    .map((one) => `${one}\n`)
    .join('');
}

function missing({ name, signerName }: Projection): string {
  if (name) return `clustertrustbundle "${name}" not found`;
  return `combination of signerName "${signerName ?? ''}" and labelSelector matched zero ClusterTrustBundles`;
}
