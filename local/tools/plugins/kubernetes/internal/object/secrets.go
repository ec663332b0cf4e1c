package object

import "github.com/pulumi/pulumi/sdk/v3/go/common/resource"

// MarkSecrets copies the secretness of `from` onto `to`, in place. Objects are walked, so that one secret field does
// not hide the whole object; an array with a secret anywhere is hidden whole, because servers reorder arrays. The
// payload of anything of kind Secret is always secret.
func MarkSecrets(to, from resource.PropertyMap) {
	if to == nil {
		return
	}
	if kind, ok := to["kind"]; ok && kind.IsString() && kind.StringValue() == "Secret" {
		hide(to, "data")
		hide(to, "stringData")
		return
	}
	for key, source := range from {
		target, ok := to[key]
		switch {
		case !ok:
		case target.IsObject() && source.IsObject():
			MarkSecrets(target.ObjectValue(), source.ObjectValue())
		case source.ContainsSecrets():
			hide(to, key)
		}
	}
}

func hide(props resource.PropertyMap, key resource.PropertyKey) {
	if value, ok := props[key]; ok && !value.IsSecret() {
		props[key] = resource.MakeSecret(value)
	}
}
