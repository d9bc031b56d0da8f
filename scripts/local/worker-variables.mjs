/** Dalgo's web app in development. */
const WEB_APP_ORIGINS = ["http://localhost:3000", "http://localhost:3001"]

/**
 * The variables that `npm start` gives to the worker. They override `.dev.vars`, except that origins in `ALLOWED_ORIGINS`
 * there are added to those that are always allowed.
 */
export const workerVariables = ({ worker, prefect, mail }, devVars) => ({
  PUBLIC_URL: worker.url,
  FRONTEND_URL: worker.url,
  ALLOWED_ORIGINS: allowedOrigins(worker, devVars).join(","),
  PREFECT_API_URL: `${prefect.url}/api`,
  EMAIL_PROVIDER: "ses",
  EMAIL_FROM: "notifications@dalgo.test",
  SES_REGION: "ap-south-1",
  SES_ENDPOINT: mail.url,
  MAIL_CATCHER_URL: mail.url,
  VAPID_SUBJECT: "mailto:notifications@dalgo.test",
  AUTO_GENERATE_LLM_FAILURE_SUMMARIES: "true",
})

function allowedOrigins(worker, { ALLOWED_ORIGINS: own = "" }) {
  const origins = own.split(",").map((origin) => origin.trim())
  const all = [worker.url, `http://localhost:${worker.port}`, ...WEB_APP_ORIGINS, ...origins.filter(Boolean)]
  return [...new Set(all)]
}
