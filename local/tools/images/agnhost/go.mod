module hardway/local/tools/images/agnhost

go 1.26.0
