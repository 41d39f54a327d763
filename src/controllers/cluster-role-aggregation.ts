import { clusterRole, type ClusterRole } from '../api/rbac-v1/cluster-role.ts';
import { selectorFromObject } from '../apimachinery/label-selector.ts';
import { controller } from '../client/controller.ts';
import { semanticEqual } from './semantic-equal.ts';

type Rule = NonNullable<ClusterRole['rules']>[number];

/** As managed fields name the one who keeps the rules. */
const fieldManager = 'clusterrole-aggregation-controller';

/** Keeps the rules of each ClusterRole that aggregates others: those of all that its selectors match. */
export const clusterRoleAggregationController = controller<ClusterRole>({
  name: 'clusterrole-aggregation-controller',
  for: clusterRole,
  watches: [
    {
      kind: clusterRole,
      keys: (_, reader) =>
        reader
          .list(clusterRole)
          .filter((role) => role.aggregationRule)
          .map(({ metadata }) => metadata.name),
      concerns: (role, old) => !semanticEqual([role.rules, role.metadata.labels], [old.rules, old.metadata.labels]),
    },
  ],
  async reconcile(key, { reader, client }) {
    const role = reader.get(clusterRole, key);
    if (!role?.aggregationRule) return;
    const rules = aggregatedRules(role, reader.list(clusterRole));
    if (semanticEqual(rules, role.rules)) return;
    const { apiVersion, kind } = role;
    const applied = { apiVersion, kind, metadata: { name: key }, rules };
    await client.patch(clusterRole, { name: key }, 'apply', applied, { fieldManager, force: true });
  },
});

/** The rules of all roles that `role` wants, in the order of its selectors and of their names, each once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): Rule[] {
  const sorted = [...all].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: Rule[] = [];
  for (const selector of (role.aggregationRule?.clusterRoleSelectors ?? []).map(selectorFromObject)) {
    for (const other of sorted) {
      if (other.metadata.name === role.metadata.name || !selector.matches(other.metadata.labels)) continue;
      for (const rule of other.rules ?? []) if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
