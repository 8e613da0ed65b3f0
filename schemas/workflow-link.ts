/**
 * Address of a workflow in the Temporal UI.
 * @param ui address of the UI, with or without a slash at its end; null: nobody knows it, and the result is null
 */
export function workflowLink(ui: string | null, namespace: string, workflowId: string): string | null {
  if (ui === null) return null;
  return `${ui.replace(/\/+$/, '')}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
