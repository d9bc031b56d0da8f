/** A failure that stops the deployment. The message is for the person who started it. */
export class DeployError extends Error {}
