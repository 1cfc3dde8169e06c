/** The JetStream domain: without one, a leaf's link drops everything of JetStream. */
export const DOMAIN = 'covey';
