package await

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"
)

// conditions judges by the annotation pulumi.com/waitFor: one expression or a JSON array of expressions. As in `kubectl
// wait --for`, these are "condition=NAME", "condition=NAME=STATUS", "jsonpath={PATH}" and "jsonpath={PATH}=VALUE".
func conditions(obj *unstructured.Unstructured, wanted string) (Verdict, error) {
	var expressions []string
	if err := json.Unmarshal([]byte(wanted), &expressions); err != nil {
		expressions = []string{wanted}
	}
	for _, expression := range expressions {
		met, err := meets(obj, expression)
		if err != nil {
			return Verdict{}, fmt.Errorf("pulumi.com/waitFor: %w", err)
		}
		if !met {
			return pending("Waiting for %s", expression), nil
		}
	}
	return ready, nil
}

func meets(obj *unstructured.Unstructured, expression string) (bool, error) {
	if rest, ok := strings.CutPrefix(expression, "condition="); ok {
		name, value, given := strings.Cut(rest, "=")
		if !given {
			value = "True"
		}
		return hasCondition(obj, name, value), nil
	}
	rest, ok := strings.CutPrefix(expression, "jsonpath=")
	if !ok {
		return false, fmt.Errorf(`expected a "jsonpath=" or "condition=" prefix, got %q`, expression)
	}
	end := strings.LastIndex(rest, "}")
	if !strings.HasPrefix(rest, "{") || end < 0 {
		return false, fmt.Errorf("%q must have its path in braces, as in jsonpath={.status.phase}", expression)
	}
	path, value := rest[:end+1], strings.TrimPrefix(rest[end+1:], "=")
	finder := jsonpath.New("waitFor")
	if err := finder.Parse(path); err != nil {
		return false, fmt.Errorf("%q: %w", expression, err)
	}
	var found bytes.Buffer
	if err := finder.Execute(&found, obj.Object); err != nil {
		return false, nil //nolint:nilerr // The field does not exist yet.
	}
	if value == "" {
		return found.Len() > 0, nil
	}
	return found.String() == strings.Trim(value, `"'`), nil
}
