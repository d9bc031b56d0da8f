/** What stopped the deployment, in words for the person who started it. */
export class DeployError extends Error {}
