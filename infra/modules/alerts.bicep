import { textByName } from 'types.bicep'

@description('Part of the names that makes them unique.')
param token string
param location string
param tags textByName
param insightsId string
param siteId string
param actionGroupId string

var conditions = loadJsonContent('../alert-conditions.json')

// Each condition is a metric without dimensions: how many of its kind are open. The app sends all of them every 15 minutes, 0 among them, so an alert
// clears by itself. Metric rules, since a log rule that looks every 5 minutes costs more than all that Holdfast does.
resource rules 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for condition in conditions: {
    name: 'holdfast-${condition.kind}-${token}'
    location: 'global'
    tags: tags
    properties: {
      description: '${condition.title}. ${condition.text} ${condition.todo}'
      severity: condition.severity
      enabled: true
      autoMitigate: true
      scopes: [insightsId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT30M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: condition.kind
            metricNamespace: 'azure.applicationinsights'
            metricName: 'holdfast-${condition.kind}'
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: 0
            // The app has not sent the first value when the rule is made.
            skipMetricValidation: true
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]

// A dead app raises no condition. Its timer ticks every minute; half an hour without an execution is silence.
resource silence 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'holdfast-silent-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'Holdfast is silent. Nothing of the app has run for half an hour. Look at the app in the portal: is it stopped, does it start, does storage answer?'
    severity: 0
    enabled: true
    autoMitigate: true
    scopes: [siteId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'silent'
          metricNamespace: 'Microsoft.Web/sites'
          metricName: 'OnDemandFunctionExecutionCount'
          timeAggregation: 'Total'
          operator: 'LessThan'
          threshold: 1
          skipMetricValidation: true
        }
      ]
    }
    actions: [{ actionGroupId: actionGroupId }]
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'holdfast')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Holdfast'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: insightsId
    serializedData: string(loadJsonContent('../workbook.json'))
  }
}
