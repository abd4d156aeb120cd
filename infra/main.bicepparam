// Read by `azd up`; every value comes from the azd environment (`azd env set NAME VALUE`).
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'holdfast')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')
// The hook before provisioning creates the app registration and sets this; nobody can sign in with the default.
param authClientId = readEnvironmentVariable('HOLDFAST_AUTH_CLIENT_ID', '00000000-0000-0000-0000-000000000000')
var emails = readEnvironmentVariable('HOLDFAST_ALERT_EMAILS', '')
param alertEmails = empty(emails) ? [] : split(emails, ',')
param currency = readEnvironmentVariable('HOLDFAST_CURRENCY', 'USD')
param closedNetwork = readEnvironmentVariable('HOLDFAST_CLOSED_NETWORK', 'false') == 'true'
param webhooksSecretUri = readEnvironmentVariable('HOLDFAST_WEBHOOKS_SECRET_URI', '')
param billingAccountId = readEnvironmentVariable('HOLDFAST_BILLING_ACCOUNT_ID', '')
param billingAccountName = readEnvironmentVariable('HOLDFAST_BILLING_ACCOUNT_NAME', '')
param ownerTag = readEnvironmentVariable('HOLDFAST_OWNER_TAG', 'owner')
param costCentreTag = readEnvironmentVariable('HOLDFAST_COST_CENTRE_TAG', 'costCentre')
