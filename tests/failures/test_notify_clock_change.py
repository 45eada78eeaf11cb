"""GOV.UK Notify: a clock change stopped planned sends for a quarter to half an hour."""
