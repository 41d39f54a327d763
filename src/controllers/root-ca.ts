import { configMap, type ConfigMap } from '../api/core-v1/config-map.ts';
import { namespace as namespaceKind, type Namespace } from '../api/core-v1/namespace.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { controller, type Controller } from '../client/controller.ts';
import { isNamespaceEnding } from '../client/namespace-ending.ts';
import { semanticEqual } from './semantic-equal.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the ' +
  'internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Publishes the cluster's CA certificate `ca` (PEM) to every Namespace, where pods find it beside their token. */
export function rootCaController(ca: string): Controller {
  const data = { 'ca.crt': ca };
  const annotations = { 'kubernetes.io/description': DESCRIPTION };
  return controller<Namespace>({
    name: 'root-ca-certificate-publisher-controller',
    for: namespaceKind,
    // Only these: a cluster may have many others.
    watches: [{ kind: configMap, fieldSelector: `metadata.name=${NAME}`, keys: rootCaKeys }],
    async reconcile(key, { reader, client }) {
      const namespace = reader.get(namespaceKind, key);
      if (!namespace || namespace.metadata.deletionTimestamp) return;
      const current = reader.get(configMap, { namespace: key, name: NAME });
      if (current && isCurrent(current, data, annotations)) return;
      try {
        if (!current) await client.create(configMap, { metadata: { namespace: key, name: NAME, annotations }, data });
        else await client.update(configMap, { ...current, metadata: { ...current.metadata, annotations }, data });
      } catch (error) {
        if (!isApiError(error, 'AlreadyExists') && !isNamespaceEnding(error)) throw error;
      }
    },
  });
}

function isCurrent(current: ConfigMap, data: Record<string, string>, annotations: Record<string, string>): boolean {
  const kept = Object.entries(annotations).every(([key, value]) => current.metadata.annotations?.[key] === value);
  return kept && semanticEqual(current.data, data);
}

function rootCaKeys({ metadata }: ConfigMap): string[] {
  return metadata.name === NAME && metadata.namespace ? [metadata.namespace] : [];
}
