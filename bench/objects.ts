/** A ConfigMap of about 0.9 KB, as the reference figures were taken with. */
export function configMap(name: string, labels: Record<string, string> = {}): object {
  const data = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`key-${i}`, `${name}-`.padEnd(80, 'abcdefghij')]),
  );
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { app: 'bench', ...labels } }, data };
}
