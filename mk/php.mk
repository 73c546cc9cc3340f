# The PHP package: bindings/php, tests/php.

PHP_PACKAGE := bindings/php
PHP_AUTOLOAD := $(PHP_PACKAGE)/vendor/autoload.php
PHP_FILES = $(shell find $(PHP_PACKAGE) tests/php -name '*.php' -not -path '*/vendor/*')

export COMPOSER_ALLOW_SUPERUSER := 1

.PHONY: test-php lint-php

test-php: $(LIB) $(SANDBOX) $(PHP_AUTOLOAD)
	@echo 'Testing from PHP'
	@VCE_LIBRARY_PATH=$(LIB) VCE_SANDBOX=$(SANDBOX) \
		phpunit --configuration tests/php/phpunit.xml

lint-php:
	@for file in $(PHP_FILES); do said=$$(php -l $$file 2>&1) || { echo "$$said"; exit 1; }; done
	@cd $(PHP_PACKAGE) && composer validate --strict --quiet --no-interaction
	@phpcs --standard=tests/php/phpcs.xml -q

$(PHP_AUTOLOAD): $(PHP_PACKAGE)/composer.json
	@echo 'Preparing the PHP package'
	@cd $(PHP_PACKAGE) && composer dump-autoload --quiet --no-interaction
	@touch $@
